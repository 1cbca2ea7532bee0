// An OAuth server for one client, which may ask for tokens in its own name.
//
// The environment says how: CLIENT_ID, CLIENT_SECRET, AUTHENTICATION (the method of the token endpoint) and LIFETIME
// in seconds. It prints its port, then a line for each answer of the token endpoint.
import http from 'node:http';
import { Provider } from 'oidc-provider';

const { CLIENT_ID, CLIENT_SECRET, AUTHENTICATION, LIFETIME } = process.env;
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        token_endpoint_auth_method: AUTHENTICATION,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ['secrets'],
    ttl: { ClientCredentials: Number(LIFETIME) },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
    },
  });
  provider.on('grant.success', () => console.log('token: granted'));
  provider.on('grant.error', (_, error) => console.log(`token: refused, ${error.error}`));
  server.on('request', provider.callback());
  console.log(`port: ${port}`);
});
