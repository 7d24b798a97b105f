// An OpenID provider on a free port of this machine, for one desk: `node provider.mjs http://127.0.0.1:PORT`.
// Its first line says its issuer. Whoever signs in is who they say they are.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [desk] = process.argv.slice(2);
const key = (kid, type, options, alg) => {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid, alg, use: 'sig' };
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'guichet',
      client_secret: 'a secret: with %, + and &',
      redirect_uris: [`${desk}/connexion/openid/retour`],
      post_logout_redirect_uris: [`${desk}/connexion`],
      id_token_signed_response_alg: 'ES256',
    }],
    jwks: { keys: [key('point', 'ec', { namedCurve: 'P-256' }, 'ES256'), key('rsa', 'rsa', { modulusLength: 2048 }, 'RS256')] },
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id.split(':').pop() }),
    }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
