// Not from the index: the command line loads this at every start.
export { shellWord } from '../trust/run/quote.ts';
