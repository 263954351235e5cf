interface Line {
  server: string
  sha256: string
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * One line for a POSIX shell: fetches the agent, checks its hash, asks for the token, and reports once as root. The token
 * is pasted at the question: so it stands neither in the shell's history nor on a command line, which every user can read.
 */
export function reportLine({ server, sha256 }: Line): string {
  return [
    `export VIGIE_SERVER=${quoted(server)}`,
    `curl -fsSL -o vigie-agent.mjs ${quoted(`${server}/agent.mjs`)}`,
    `echo '${sha256}  vigie-agent.mjs' | sha256sum -c -`,
    `{ trap 'stty echo; trap - INT; kill -INT $$' INT; printf 'Token: '; stty -echo; read -r VIGIE_TOKEN; stty echo; trap - INT; echo; }`,
    'export VIGIE_TOKEN',
    `$([ "$(id -u)" = 0 ] || echo sudo --preserve-env=VIGIE_SERVER,VIGIE_TOKEN,NODE_EXTRA_CA_CERTS) node vigie-agent.mjs report`,
  ].join(' && ')
}

/** A systemd service that goes on reporting; it reads the token from a file that root alone can read. */
export function serviceLines(server: string): string {
  return `sudo install -D -m 755 vigie-agent.mjs /usr/local/lib/vigie/vigie-agent.mjs
sudo install -d -m 700 /etc/vigie && (umask 077; printf '%s\\n' "$VIGIE_TOKEN" | sudo tee /etc/vigie/token >/dev/null) && sudo chmod 600 /etc/vigie/token
sudo tee /etc/systemd/system/vigie-agent.service >/dev/null <<'UNIT'
[Unit]
Description=Vigie agent
After=network-online.target
Wants=network-online.target

[Service]
Environment=VIGIE_SERVER=${server}
Environment=VIGIE_TOKEN_FILE=/etc/vigie/token
ExecStart=/usr/bin/env node /usr/local/lib/vigie/vigie-agent.mjs run
Restart=always
RestartSec=30

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl enable --now vigie-agent`
}
