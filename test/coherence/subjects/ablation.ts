/** The mechanisms of the cache that can be turned off, to see that the check notices. */
export const ABLATIONS = ['fence', 'dirty', 'probe', 'detach', 'judge'] as const;

export type Ablation = (typeof ABLATIONS)[number];
