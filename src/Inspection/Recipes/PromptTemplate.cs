using System.Text;

namespace ClipFusion.Inspection.Recipes;

/// <summary>Prompt templates with the placeholders {object} and {state}.</summary>
public static class PromptTemplate
{
    /// <summary>Fills a template in one pass, so braces inside the words stay as they are.</summary>
    /// <param name="template">Text with {object} and, in a state prompt, {state}.</param>
    /// <param name="objectWord">What {object} stands for.</param>
    /// <param name="state">What {state} stands for; null where the template has none.</param>
    /// <exception cref="ArgumentException">The template has another placeholder, a brace without its partner, or {state} without a
    /// state.</exception>
    public static string Expand(string template, string objectWord, string? state = null)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(objectWord);
        var text = new StringBuilder(template.Length + objectWord.Length);
        if (Walk(template, state is not null, text, objectWord, state) is { } bad)
        {
            throw new ArgumentException(
                $"The template \"{template}\" has {bad}; {Allowed(state is not null)} can be filled in.",
                nameof(template)
            );
        }

        return text.ToString();
    }

    /// <summary>The placeholders that a template may have, in words.</summary>
    internal static string Allowed(bool withState) => withState ? "only {object} and {state}" : "only {object}";

    /// <summary>What is wrong with a template, or null.</summary>
    internal static string? Fault(string template, bool withState) => Walk(template, withState, null, "", "");

    private static string? Walk(string template, bool withState, StringBuilder? text, string objectWord, string? state)
    {
        for (int i = 0; i < template.Length; i++)
        {
            if (template[i] == '}')
                return $"a }} without its {{ at character {i + 1}";
            if (template[i] != '{')
            {
                text?.Append(template[i]);
                continue;
            }

            int end = template.IndexOf('}', i);
            if (end < 0)
                return $"a {{ without its }} at character {i + 1}";
            string name = template[(i + 1)..end];
            if (name != "object" && !(withState && name == "state"))
                return $"the placeholder {{{name}}}";
            text?.Append(name == "object" ? objectWord : state);
            i = end;
        }

        return null;
    }
}
