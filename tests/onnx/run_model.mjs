// Runs a model in ONNX Runtime.
//   node run_model.mjs MODEL.onnx INPUTS.json OUTPUTS.json
// INPUTS.json:  {"name": {"dims": [rows, width], "data": [...]}, ...}; null is NaN. The type of an input is the model's.
// OUTPUTS.json: {"label": {"type": "string", "dims": [rows], "data": [...]}, "probabilities": {...}}
// Without the last argument the outputs go to stdout. Exit code 1 and a message on stderr if anything fails.
import { readFileSync, writeFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";

function toTensor(type, { dims, data }) {
  const numbers = data.map((x) => (x === null ? NaN : x));
  if (type === "float32") return new Tensor(type, Float32Array.from(numbers), dims);
  if (type === "float64") return new Tensor(type, Float64Array.from(numbers), dims);
  if (type === "string") return new Tensor(type, data, dims);
  throw new Error(`unknown input type ${type}`);
}

function fromTensor({ type, dims, data }) {
  return { type, dims, data: Array.from(data) };
}

function mapValues(object, convert) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, convert(value, name)]));
}

const [modelPath, inputsPath, outputsPath] = process.argv.slice(2);
if (inputsPath === undefined) {
  console.error("usage: node run_model.mjs MODEL.onnx INPUTS.json [OUTPUTS.json]");
  process.exit(2);
}
try {
  const session = await InferenceSession.create(modelPath);
  const types = Object.fromEntries(session.inputMetadata.map(({ name, type }) => [name, type]));
  const inputs = mapValues(JSON.parse(readFileSync(inputsPath, "utf8")), (value, name) => toTensor(types[name], value));
  const outputs = JSON.stringify(mapValues(await session.run(inputs), fromTensor));
  if (outputsPath === undefined) console.log(outputs);
  else writeFileSync(outputsPath, outputs);
} catch (error) {
  console.error(`run_model: ${error.message}`);
  process.exit(1);
}
