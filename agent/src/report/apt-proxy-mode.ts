/** By which way apt fetches packages. */
export enum AptProxyMode {
  DIRECT = 'DIRECT',
  PROXY = 'PROXY',
  /** By a program that finds one (auto-apt-proxy, squid-deb-proxy-client …). */
  AUTO = 'AUTO',
}
