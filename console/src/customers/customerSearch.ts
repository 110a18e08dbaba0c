import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { NavigationType, useNavigationType } from "react-router";
import { useState } from "react";
import { type AnswerOf, api, send } from "../api/client.ts";
import { usePages } from "../parts/usePages.ts";
import { type CustomersView, questionOf } from "./view.ts";

export type SearchAnswer = AnswerOf<"/api/profiles/search", "post">;
export type FoundCustomer = SearchAnswer["items"][number];

export const pageRows = 100;
/** Pages stay while a customer is looked at, so that Back finds the list as it was. */
const keptMs = 30 * 60_000;
const facetRows = 200;
const facetsFreshMs = 5 * 60_000;
const searchKey = ["customers", "search"];
const fields = "displayName,matched,city,sources,recordCount,revenue,lastSeenAt";

/** The rows of a view, by pages on demand. Coming back shows them as they were; coming anew asks anew. */
export function useCustomerSearch(view: CustomersView) {
  const queries = useQueryClient();
  const arrival = useNavigationType();
  useState(() => {
    if (arrival !== NavigationType.Pop) queries.removeQueries({ queryKey: searchKey });
  });
  const question = questionOf(view);
  return usePages({
    queryKey: [...searchKey, question],
    queryFn: ({ pageParam, signal }) => {
      const body = { ...question, limit: pageRows, fields, ...(pageParam === null ? {} : { after: pageParam }) };
      return api.post("/api/profiles/search", { body, signal });
    },
    placeholderData: keepPreviousData,
    // To find that ten thousand rows are still the same takes longer than a frame, at each page.
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: keptMs,
  });
}

export interface Facets {
  /** ISO 4217; null while nobody is known. */
  currency: string | null;
  consents: string[];
}

/** What may be filtered by, from those who were seen last. */
export function useFacets() {
  return useQuery({
    queryKey: ["customers", "facets"],
    queryFn: async ({ signal }): Promise<Facets> => {
      const body = { limit: facetRows, fields: "revenue,consents" };
      const { items } = await api.post("/api/profiles/search", { body, signal });
      const consents = new Set(items.flatMap((item) => Object.keys(item.consents ?? {})));
      return { currency: items[0]?.revenue?.currency ?? null, consents: [...consents].sort() };
    },
    staleTime: facetsFreshMs,
  });
}

/** All rows of a view as CSV; `isCut` where there are more than one export holds. */
export async function fetchCsv(view: CustomersView): Promise<{ file: Blob; isCut: boolean }> {
  const answer = await send("post", "/api/profiles/search", { body: questionOf(view), accept: "text/csv" });
  return { file: await answer.blob(), isCut: answer.headers.get("x-truncated") === "true" };
}
