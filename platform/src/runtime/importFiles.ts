import { readParquetRows } from "../adapters/embedded/importReader/parquetRows.ts";
import { type FileImport, type FileImportOptions, openFileImport } from "../importing/importFile.ts";

/** {@link openFileImport} with the engine that this edition reads Parquet with. */
export function openImport(options: Omit<FileImportOptions, "readParquet">): Promise<FileImport> {
  return openFileImport({ ...options, readParquet: readParquetRows });
}
