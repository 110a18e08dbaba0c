import kinesalite from "kinesalite";

/** No waiting for what a real stream needs half a minute for; as many shards as tests ask for. */
const streamMs = 20;
const maxShards = 100;

kinesalite({
  createStreamMs: streamMs,
  deleteStreamMs: streamMs,
  updateStreamMs: streamMs,
  shardLimit: maxShards,
}).listen(Number(process.argv[2]), "127.0.0.1");
