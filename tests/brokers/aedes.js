// aedes for the contract suite: node aedes.js PORT [FORBIDDEN-TOPIC]; the user "press" may not publish there.
const [port, forbidden] = process.argv.slice(2)
const aedes = require('aedes')({ heartbeatInterval: 5000 })
const press = new Set()

aedes.authenticate = (client, user, _password, done) => {
  if (user === 'press') press.add(client.id)
  done(null, true)
}
aedes.authorizePublish = (client, packet, done) =>
  done(client && press.has(client.id) && packet.topic === forbidden ? new Error('not allowed: ' + packet.topic) : null)

require('net').createServer(aedes.handle).listen(Number(port), '127.0.0.1', () => console.log('ready'))
