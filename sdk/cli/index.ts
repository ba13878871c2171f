export {
  CliError,
  type Command,
  defineCommand,
  exit,
  type Options,
  type Topic,
  type Values,
} from './command.ts';
export { answer, formatOption, toJson } from './format.ts';
export { type Io, processIo } from './io.ts';
export { run } from './run.ts';
export { topics } from './topics.ts';
export { requireWholeNumber } from './whole-number.ts';
