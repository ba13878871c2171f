import type { Analyser } from '../ports.ts';
import { analysePackage } from './analyse.ts';

/** No more packages can wait to be analysed. */
export class Busy extends Error {}

/** Analyses where it is called: on Workers, where there are no threads and the runtime itself limits a request. */
export const analyseHere: Analyser = async (pack) => analysePackage(pack);
