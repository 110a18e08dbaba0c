import type { DatabaseSync } from "node:sqlite";
import type { FeedProgress } from "../../../storage/followFeed.ts";
import type { SearchAnswer, SearchQuery } from "../../../storage/profileSearch.ts";
import { inTransaction } from "../sqliteFile.ts";
import { openSearchFile, removeEverything } from "./file.ts";
import { finderOver } from "./findEntries.ts";
import { spellingsOver } from "./spellings.ts";
import { entryWriter, type EntryWriter } from "./writeEntries.ts";

export interface SearchProgress {
  /** Of the feed, durably. */
  followed: FeedProgress;
  /** Everything up to it is found; 0 while everything is being copied. */
  feedVersion: number;
  /** UTC ms. */
  asOf: number;
  profiles: number;
}

/** The index file, owned by one thread. Synchronous: each call is one transaction or one snapshot. */
export interface SearchIndex {
  write(work: (writer: EntryWriter) => void, progress?: { followed: FeedProgress; asOf: number }): void;
  /** Forgets everybody, and how far it was. */
  startOver(): void;
  find(query: SearchQuery): Omit<SearchAnswer, "asOf">;
  progress(): SearchProgress;
  close(): void;
}

export function openSearchIndex(file: string): SearchIndex {
  const database = openSearchFile(file);
  const spellings = spellingsOver(database);
  const writer = entryWriter(database, spellings);
  const find = finderOver(database, spellings);
  const read = database.prepare("SELECT feed, feed_version, copied, as_of, profiles FROM progress");
  const advance = database.prepare("UPDATE progress SET feed = ?, feed_version = ?, copied = ?, as_of = ?");
  return {
    write: (work, progress) => {
      inTransaction(database, () => {
        work(writer);
        writer.finish();
        if (progress === undefined) return;
        const { feed, version, copied } = progress.followed;
        advance.run(feed, version, copied, Math.floor(progress.asOf));
      });
    },
    startOver: () => inTransaction(database, () => removeEverything(database)),
    find: (query) => snapshot(database, () => find(query)),
    progress: () => {
      const row = read.get();
      const copied = row?.["copied"];
      const followed: FeedProgress = {
        feed: String(row?.["feed"]),
        version: Number(row?.["feed_version"]),
        copied: typeof copied === "string" ? copied : null,
      };
      return {
        followed,
        feedVersion: followed.copied === null ? followed.version : 0,
        asOf: Number(row?.["as_of"]),
        profiles: Number(row?.["profiles"]),
      };
    },
    close: () => database.close(),
  };
}

function snapshot<T>(database: DatabaseSync, read: () => T): T {
  database.exec("BEGIN");
  try {
    return read();
  } finally {
    database.exec("COMMIT");
  }
}
