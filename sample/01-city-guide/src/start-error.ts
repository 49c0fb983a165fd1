/** Keeps the app from starting, for a reason that its user can do something about. */
export class StartError extends Error {}
