/** Names of agents, databases and files. The worker thread reads this as it is: nothing else may stand here. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
