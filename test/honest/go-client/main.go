// Sends back all that comes from the WebSocket named by its argument, until the server closes with 1000.
package main

import (
	"context"
	"log"
	"os"

	"github.com/coder/websocket"
)

func main() {
	ctx := context.Background()
	socket, _, err := websocket.Dial(ctx, os.Args[1], nil)
	if err != nil {
		log.Fatal(err)
	}
	socket.SetReadLimit(-1)
	for {
		kind, data, err := socket.Read(ctx)
		if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		if err := socket.Write(ctx, kind, data); err != nil {
			log.Fatal(err)
		}
	}
}
