// oidc-provider with opaque tokens, a service and a public client. /codes/N makes authorization codes by its own models.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import pg from 'pg';
import { Provider } from 'oidc-provider';

const { PORT, DATABASE, PUBLIC, SERVICE, SECRET } = process.env;
const redirectUri = 'https://app.example.com/callback';
const scope = 'offline_access';

// Its own memory adapter forgets all but the last thousand rows.
const rows = new Map();
class Memory {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) { rows.set(this.key(id), payload); }
  async find(id) { return rows.get(this.key(id)); }
  async consume(id) { rows.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { rows.delete(this.key(id)); }
}

let pool;
class Postgres {
  constructor(model) { this.model = model; }
  async upsert(id, payload, expiresIn) {
    await pool.query({
      name: 'upsert',
      text: `INSERT INTO oidc (model, id, payload, grant_id, expires_at)
             VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
             ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`,
      values: [this.model, id, payload, payload.grantId ?? null, expiresIn ?? null],
    });
  }
  async find(id) {
    const { rows: [found] } = await pool.query({
      name: 'find',
      text: `SELECT payload, consumed_at FROM oidc
             WHERE model = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now())`,
      values: [this.model, id],
    });
    return found && { ...found.payload, ...(found.consumed_at ? { consumed: true } : undefined) };
  }
  async consume(id) {
    await pool.query({
      name: 'consume',
      text: 'UPDATE oidc SET consumed_at = now() WHERE model = $1 AND id = $2',
      values: [this.model, id],
    });
  }
  async destroy(id) {
    await pool.query({
      name: 'destroy', text: 'DELETE FROM oidc WHERE model = $1 AND id = $2', values: [this.model, id],
    });
  }
}

if (DATABASE) {
  const { host, port, user, password, dbname } = JSON.parse(DATABASE);
  pool = new pg.Pool({ host, port: Number(port), user, password, database: dbname, max: 10 });
  await pool.query(`CREATE TABLE IF NOT EXISTS oidc (
    model text, id text, payload jsonb NOT NULL, grant_id text, expires_at timestamptz, consumed_at timestamptz,
    PRIMARY KEY (model, id))`);
}

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: DATABASE ? Postgres : Memory,
  clients: [
    {
      client_id: PUBLIC,
      token_endpoint_auth_method: 'none',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    {
      client_id: SERVICE,
      client_secret: SECRET,
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
  ],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  findAccount: async (_ctx, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, AuthorizationCode: 60, ClientCredentials: 3600, Grant: 2592000, RefreshToken: 2592000 },
});

async function code() {
  const client = await provider.Client.find(PUBLIC);
  const grant = new provider.Grant({ accountId: 'person', clientId: PUBLIC });
  grant.addOIDCScope(scope);
  const verifier = randomBytes(32).toString('base64url');
  const made = new provider.AuthorizationCode({
    accountId: 'person',
    client,
    redirectUri,
    scope,
    grantId: await grant.save(),
    gty: 'authorization_code',
    authTime: Math.floor(Date.now() / 1000),
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    codeChallengeMethod: 'S256',
  });
  return { code: await made.save(), redirect_uri: redirectUri, code_verifier: verifier };
}

const answer = provider.callback();
createServer(async (request, response) => {
  const wanted = /^\/codes\/(\d+)$/.exec(request.url);
  if (!wanted) return answer(request, response);
  const forms = [];
  for (let number = 0; number < Number(wanted[1]); number += 1) forms.push(await code());
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(forms));
}).listen(Number(PORT), '127.0.0.1');
