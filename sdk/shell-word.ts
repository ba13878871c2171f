export { shellWord } from '../trust/run/index.ts';
