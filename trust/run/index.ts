/** How to run containers and services under a profile, as its manifest says: checked, and written for each runtime. */

export { argumentsAfterImage, dockerRunLine } from './command-line.ts';
export { type RunFault, runFault, runOf } from './fault.ts';
export { kubernetesAnnotation } from './kubernetes.ts';
export type { Line } from './line.ts';
export { shellWord } from './quote.ts';
export { Run } from './schema.ts';
export { fitsTarget, profileToRun, type RunTarget, runLines, runTargets } from './targets.ts';
