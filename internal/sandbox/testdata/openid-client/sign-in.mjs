// Signs in against the sandbox's NHS login with openid-client, a certified
// client in another language, and prints the ID token's claims and userinfo.
// Standard input: {"issuer", "clientId", "callback", "kid", "jwk", "citizen", "now"}.
import { webcrypto } from 'node:crypto'
import * as client from 'openid-client'

let text = ''
for await (const chunk of process.stdin) text += chunk
const given = JSON.parse(text)

const key = await webcrypto.subtle.importKey('jwk', given.jwk, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }, false, ['sign'])
let tokenEndpoint
const authenticate = client.PrivateKeyJwt({ key, kid: given.kid }, {
  // NHS login wants its token endpoint as the audience (RFC 7523); openid-client prefers the issuer.
  [client.modifyAssertion]: (_header, payload) => { payload.aud = tokenEndpoint },
})
const config = await client.discovery(new URL(given.issuer), given.clientId, {
  id_token_signed_response_alg: 'RS512',
  [client.clockSkew]: given.now - Math.floor(Date.now() / 1000),
}, authenticate, { execute: [client.allowInsecureRequests] })
tokenEndpoint = config.serverMetadata().token_endpoint

const state = client.randomState()
const nonce = client.randomNonce()
const target = client.buildAuthorizationUrl(config, {
  redirect_uri: given.callback, scope: 'openid profile', state, nonce, vtr: '["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]',
})
target.searchParams.set('sandbox_citizen', given.citizen)
const answer = await fetch(target, { redirect: 'manual' })
const back = new URL(answer.headers.get('location'))

const tokens = await client.authorizationCodeGrant(config, back, { expectedState: state, expectedNonce: nonce, idTokenExpected: true })
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
process.stdout.write(JSON.stringify({ claims, userinfo }))
