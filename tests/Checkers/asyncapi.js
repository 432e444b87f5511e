// node asyncapi.js FILE: prints what AsyncAPI's own parser finds, and ends with 1 if it is more than a hint.
const fs = require('fs');
const { Parser } = require('@asyncapi/parser');

const file = process.argv[2];
new Parser().parse(fs.readFileSync(file, 'utf8'), { source: file }).then(({ document, diagnostics }) => {
  for (const d of diagnostics) console.log(`${d.severity} ${d.code} ${d.path.join('.')}: ${d.message}`);
  // 0 error, 1 warning; a newer version of the specification is only a hint.
  process.exit(document && diagnostics.every(d => d.severity > 1) ? 0 : 1);
});
