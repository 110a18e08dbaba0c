import type { DatabaseSync } from "node:sqlite";
import type { SearchAnswer, SearchQuery } from "../../../storage/profileSearch.ts";
import { inTransaction, openSearchFile } from "./file.ts";
import { finderOver } from "./findEntries.ts";
import { spellingsOver } from "./spellings.ts";
import { entryWriter, type EntryWriter } from "./writeEntries.ts";

export interface SearchProgress {
  feedVersion: number;
  /** UTC ms. */
  asOf: number;
  profiles: number;
}

/** The index file, owned by one thread. Synchronous: each call is one transaction or one snapshot. */
export interface SearchIndex {
  write(work: (writer: EntryWriter) => void, progress?: { feedVersion: number; asOf: number }): void;
  find(query: SearchQuery): Omit<SearchAnswer, "asOf">;
  progress(): SearchProgress;
  close(): void;
}

export function openSearchIndex(file: string): SearchIndex {
  const database = openSearchFile(file);
  const spellings = spellingsOver(database);
  const writer = entryWriter(database, spellings);
  const find = finderOver(database, spellings);
  const read = database.prepare("SELECT feed_version, as_of, profiles FROM progress");
  const advance = database.prepare("UPDATE progress SET feed_version = ?, as_of = ?");
  return {
    write: (work, progress) => {
      inTransaction(database, () => {
        work(writer);
        writer.finish();
        if (progress !== undefined) advance.run(progress.feedVersion, Math.floor(progress.asOf));
      });
    },
    find: (query) => snapshot(database, () => find(query)),
    progress: () => {
      const row = read.get();
      return {
        feedVersion: Number(row?.["feed_version"]),
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
