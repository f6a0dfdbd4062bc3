// Command mongodb is what stands for MongoDB's image on the local node: FerretDB, which speaks MongoDB's protocol and keeps its data in SQLite.
// It starts with upstream's two ratings. The arguments of upstream's pod say which addresses it listens on: every one, as here.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// fillLimit bounds the wait for the database to take its first documents.
const fillLimit = 30 * time.Second

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	server, err := ferretdb.New(&ferretdb.Config{Listener: ferretdb.ListenerConfig{TCP: ":27017"}, Handler: "sqlite", SQLiteURL: "file:/data/db/"})
	if err != nil {
		fail(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	if err := fill(ctx); err != nil {
		fail(err)
	}
	if err := <-ended; err != nil && ctx.Err() == nil {
		fail(err)
	}
}

// fill puts upstream's ratings into a database that has none.
func fill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fillLimit)
	defer cancel()
	client, err := mongo.Connect(ctx, options.Client().ApplyURI("mongodb://127.0.0.1:27017/").SetServerSelectionTimeout(fillLimit))
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx) //nolint:errcheck
	ratings := client.Database("test").Collection("ratings")
	count, err := ratings.CountDocuments(ctx, bson.D{})
	if err != nil || count > 0 {
		return err
	}
	_, err = ratings.InsertMany(ctx, []any{bson.D{{Key: "rating", Value: 5}}, bson.D{{Key: "rating", Value: 4}}})
	return err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}
