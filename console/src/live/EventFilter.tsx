import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { words } from "../words/words.ts";
import { FilterMenu } from "./FilterMenu.tsx";

const text = words.live.filters;
const maxNames = 1_000;
const maxOffered = 100;
const namesSql = `SELECT event FROM events WHERE event IS NOT NULL AND event <> ''
GROUP BY event ORDER BY count(*) DESC, event`;

/** Names that events have had, the most frequent first; any other can be typed. */
function useEventNames(isWanted: boolean) {
  return useQuery({
    queryKey: ["live", "event names"],
    queryFn: async ({ signal }) => {
      const { rows } = await api.post("/api/query", { body: { sql: namesSql, limit: maxNames }, signal });
      return rows.map(([name]) => String(name));
    },
    enabled: isWanted,
  });
}

export function EventFilter({ chosen, onChange }: { chosen: string[]; onChange: (chosen: string[]) => void }) {
  const [isWanted, setWanted] = useState(false);
  const [typed, setTyped] = useState("");
  const names = useEventNames(isWanted);
  const wanted = typed.trim();
  const offered = (names.data ?? [])
    .filter((name) => name.toLowerCase().includes(wanted.toLowerCase()))
    .slice(0, maxOffered);
  const isNew = wanted !== "" && !offered.includes(wanted) && !chosen.includes(wanted);
  return (
    <FilterMenu
      label={text.event}
      chosen={chosen}
      options={offered}
      {...(names.isSuccess && wanted === "" ? { empty: text.noEvents } : {})}
      textOf={(name) => name}
      onChange={onChange}
      onOpen={() => setWanted(true)}
    >
      <TextInput
        aria-label={text.find}
        placeholder={text.find}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
      />
      {isNew && (
        <Button
          variant="subtle"
          fullWidth
          justify="start"
          mt={4}
          onClick={() => (onChange([...chosen, wanted]), setTyped(""))}
        >
          {text.use(wanted)}
        </Button>
      )}
    </FilterMenu>
  );
}
