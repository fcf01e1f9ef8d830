import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

const require = createRequire(import.meta.url)

/** What the page needs of Swagger UI, as it lies in the package: nothing comes from elsewhere. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const page = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Florin API</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
  <div id="api"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`

/** A file of its own, so that the content security policy needs no exception for inline scripts. */
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  tryItOutEnabled: true,
})
`

/** `/docs`: the API reference, offline, with a form to try each operation. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    // The API's own policy, which forbids everything, would win over helmet's.
    docs.addHook('onRequest', (_request, reply, next) => {
      reply.removeHeader('content-security-policy')
      next()
    })
    await docs.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          // Swagger UI sets style attributes.
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // Florin may well be reached by plain HTTP on this machine; TLS and its promises are the proxy's.
      strictTransportSecurity: false,
      frameguard: { action: 'deny' },
    })
    docs.get('/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(page))
    docs.get('/docs/', (_request, reply) => reply.redirect('/docs', 308))
    docs.get('/docs/start.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(start))
    for (const [name, mediaType] of Object.entries(files)) {
      docs.get(`/docs/${name}`, async (_request, reply) => {
        const content = await readFile(join(packageFolder(), name))
        return reply.type(mediaType).header('cache-control', 'private, max-age=3600').send(content)
      })
    }
  })
}

function packageFolder(): string {
  return dirname(require.resolve('swagger-ui-dist/package.json'))
}
