/** The number of runs of a property test: `usual`, times AA_TEST_RUNS. */
export const runs = (usual: number): number =>
  Math.ceil(usual * Number(process.env.AA_TEST_RUNS ?? 1));
