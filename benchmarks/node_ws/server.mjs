// Relays what anybody says to everybody, as the chat's benchmarks need it: node server.mjs PORT
import { WebSocket, WebSocketServer } from "ws";

const port = Number(process.argv[2]);
const server = new WebSocketServer({
  host: "127.0.0.1",
  port,
  backlog: 1024,
  perMessageDeflate: false,
});

server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data) => {
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) {
        client.send(data, { binary: false });
      }
    }
  });
});
