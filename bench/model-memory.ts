// The process of bench/model.ts that does the work on one profile and prints the peak of its memory, in MiB: before, after
// the model, and after the diff. Its arguments are the profile and the folder of includes.
import { readFileSync } from 'node:fs';
import { compareModels } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { completeModel, withOneMoreRule } from './complete-model.ts';

const peak = () => process.resourceUsage().maxRSS / 1024;

const [path = '', base = ''] = process.argv.slice(2);
const resolver = fileResolver({ base, cwd: base });
const text = readFileSync(path, 'utf8');
const before = peak();
const one = completeModel(text, resolver);
const model = peak();
compareModels(one, completeModel(withOneMoreRule(text), resolver));
console.log(JSON.stringify({ before, model, diff: peak() }));
