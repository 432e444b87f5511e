// node validate.js SCHEMA: validates the documents on standard input, one "name<tab>pointer<tab>JSON" a line, each against the schema at the JSON pointer in
// the file SCHEMA, which may be a whole OpenAPI document with everything in place. Prints what is wrong and ends with 1.
const fs = require('fs');
const Ajv = require('ajv/dist/2020').default;

const root = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false, validateFormats: false });
const at = pointer => pointer.split('/').slice(1).reduce((node, key) => node[key.replaceAll('~1', '/').replaceAll('~0', '~')], root);
let wrong = 0;
for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(l => l)) {
  const [name, pointer, text] = line.split('\t');
  const validate = ajv.compile(at(pointer));
  if (validate(JSON.parse(text))) continue;
  wrong++;
  for (const e of validate.errors) console.log(`${name}: ${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`);
}
process.exit(wrong ? 1 : 0);
