// What npm's errors mean for somebody who only typed `npm start`: a sentence with its cure.

const NETWORK =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EPIPE|EIDLETIMEOUT|ECONNECTIONTIMEOUT|ERESPONSETIMEOUT|ETRANSFERTIMEOUT|ERR_SOCKET_TIMEOUT|ERR_SOCKET_CONNECTION_TIMEOUT|FETCH_ERROR|EINVALIDPROXY|EPROXYTUNNEL)$/
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/

/**
 * @param {string} output what npm wrote to stderr
 * @param {{ registry: string, folder: string }} place
 * @returns {string} one sentence: what is wrong, and what to do
 */
export function npmFailure(output, { registry, folder }) {
  const code = /^npm (?:ERR!|error) (?:code|errno) ([A-Z][A-Z0-9_]+)/m.exec(output)?.[1] ?? ''
  const path = /^npm (?:ERR!|error) path (.+)$/m.exec(output)?.[1]?.trim() ?? folder
  if (code === 'ENOSPC' || code === 'EDQUOT' || /ENOSPC|no space left on device/i.test(output))
    return `there is no room left (${path}). Free some space, then try again.`
  if (code === 'EROFS') return `${path} is on a read-only file system. Use a folder that can be written.`
  if (code === 'EACCES' || code === 'EPERM')
    return `${path} may not be written by this user. Give the folder to the user who runs Vigie (chown -R), or set npm_config_cache to a folder of your own where it is npm's cache.`
  if (code === 'ENOMEM' || code === 'EMFILE')
    return `this machine is short of ${code === 'ENOMEM' ? 'memory' : 'open files (ulimit -n)'}. Free some, then try again.`
  if (NETWORK.test(code))
    return `${registry} cannot be reached (${code}). Check the network; behind a proxy: npm config set proxy and https-proxy; with a mirror: npm config set registry.`
  if (code.startsWith('E401') || code.startsWith('E403') || code === 'ENEEDAUTH')
    return `${registry} refuses to serve (${code}). Sign in to it (npm login), or set another: npm config set registry.`
  if (code === 'E404' || code === 'ETARGET' || code === 'ENOVERSIONS')
    return `${registry} does not have ${missingPackage(output)}. Use a registry that mirrors all of npm: npm config set registry https://registry.npmjs.org/`
  if (/^E5\d\d$/.test(code) || code === 'E429') return `${registry} is in trouble (${code}). Try again in a while.`
  if (code === 'EINTEGRITY')
    return 'what came is not what package-lock.json names. Empty npm’s cache (npm cache clean --force) and try again; if it stays so, the registry or a proxy changes packages.'
  if (CERTIFICATE.test(code))
    return `the certificate of ${registry} is not trusted (${code}). Name your authority: npm config set cafile /path/to/ca.pem`
  return `npm failed${code ? ` (${code})` : ''}; the lines above say why. Try again, or ask with them in hand.`
}

const missingPackage = (output) =>
  /(?:No matching version found for | 404 +'?)((?:@[\w.-]+\/)?[\w.-]+@[\w.^~<>=-]+)/.exec(output)?.[1] ??
  'a package that Vigie needs'
