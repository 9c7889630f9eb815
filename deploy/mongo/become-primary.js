// The health check of MongoDB's container, run by mongosh. A replica set of one member makes itself: the first check
// initiates it, and the container is healthy once it is the primary. It may run again at any time.
// oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-member-access -- mongosh brings rs, db and quit
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
if (!db.hello().isWritablePrimary) quit(1);
