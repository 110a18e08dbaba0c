import { ActionIcon, Drawer } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client.ts";
import { reasonText } from "../live/refusals.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { PanelStates } from "../parts/Panel.tsx";
import { useIsPhone } from "../theme/useIsPhone.ts";
import { useFocusGivenBack } from "../parts/useFocusGivenBack.ts";
import { words } from "../words/words.ts";
import { type Fate, fateKey } from "../live/EventDetails.tsx";
import { MendForm } from "./MendForm.tsx";

const text = words.rejects;
const reservedHeight = 320;
const pendingPollMs = 1_000;
const wideSize = 620;

interface DrawerProps {
  source: string;
  messageId: string;
  onClose: () => void;
}

/** One refused call: why, and the call itself, to be mended. From the side; from below on a phone. */
export function CallDrawer({ source, messageId, onClose }: DrawerProps) {
  const isPhone = useIsPhone();
  useFocusGivenBack();
  const fate = useQuery({
    queryKey: fateKey({ source, messageId }),
    queryFn: ({ signal }) => api.get("/api/events/{messageId}", { path: { messageId }, query: { source }, signal }),
    refetchInterval: ({ state }) => (state.data?.fate === "pending" ? pendingPollMs : false),
  });
  return (
    <Drawer.Root opened onClose={onClose} position={isPhone ? "bottom" : "right"} size={isPhone ? "90%" : wideSize}>
      <Drawer.Overlay />
      <Drawer.Content aria-label={text.details}>
        <Drawer.Body className="callDrawer">
          <div className="panelHead">
            <h2>{fate.data?.reason == null ? text.details : reasonText(fate.data.reason.code)}</h2>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="var(--c360-target)"
              onClick={onClose}
              aria-label={text.close}
            >
              <IconX size={18} />
            </ActionIcon>
          </div>
          <CopyId id={messageId} what={words.live.details.message} />
          <PanelStates query={fate} height={reservedHeight}>
            {(data) => <Body fate={data} />}
          </PanelStates>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Body({ fate }: { fate: Fate }) {
  if (fate.fate === "rejected") return <MendForm key={JSON.stringify([fate.event, fate.reason])} fate={fate} />;
  if (fate.fate === "pending") return <p role="status">{text.pendingNow}</p>;
  return (
    <p role="status" className="good">
      {text.takenNow}{" "}
      {fate.profileId !== null && <Link to={`/customers/${fate.profileId}`}>{words.live.details.openCustomer}</Link>}
    </p>
  );
}
