/** How the user calls this command: by npm in a checkout, by `vigie` where the archive is installed. */
export const calledAs = (command: string): string =>
  process.env['npm_lifecycle_event'] ? `npm run -s ${command} --` : `vigie ${command}`
