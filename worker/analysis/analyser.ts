import type { Analyser } from '../ports.ts';
import { analysePackage } from './analyse.ts';

/** The queue of the analyser is full. */
export class Busy extends Error {}

/** Analyses in the calling thread: for Workers, which have no threads and limit each request. */
export const analyseHere: Analyser = async (pack) => analysePackage(pack);
