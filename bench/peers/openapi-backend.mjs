// openapi-backend as its documentation shows it, on plain node:http: bearer check, validation, mocked answers.
// Usage: node openapi-backend.mjs DOCUMENT PORT TOKEN
import { createServer } from 'node:http'
import { OpenAPIBackend } from 'openapi-backend'
import addFormats from 'ajv-formats'

const [definition, port, token] = process.argv.slice(2)

const answer = (response, status, body) => {
  const content = JSON.stringify(body)
  const length = Buffer.byteLength(content)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': length }).end(content)
}

const api = new OpenAPIBackend({
  definition,
  customizeAjv: (ajv) => addFormats(ajv),
  handlers: {
    notImplemented: (context, _, response) => {
      const { status, mock } = context.api.mockResponseForOperation(context.operation.operationId)
      answer(response, status, mock)
    },
    validationFail: (context, _, response) => answer(response, 400, { errors: context.validation.errors }),
    unauthorizedHandler: (_context, _, response) => answer(response, 401, { error: 'unauthorized' }),
    notFound: (_context, _, response) => answer(response, 404, { error: 'not found' }),
    methodNotAllowed: (_context, _, response) => answer(response, 405, { error: 'method not allowed' }),
  },
})
api.registerSecurityHandler('Cognito', ({ request }) => request.headers.authorization === `Bearer ${token}`)
await api.init()

createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const [path, query] = request.url.split('?', 2)
    const body = Buffer.concat(chunks).toString()
    const { method, headers } = request
    api
      .handleRequest({ method, path, query, headers, body }, request, response)
      .catch((error) => answer(response, 500, { error: String(error) }))
  })
}).listen(Number(port), '127.0.0.1')
