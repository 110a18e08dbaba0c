import { ActionIcon, Button, Menu } from "@mantine/core";
import {
  IconArrowMerge,
  IconArrowsSplit,
  IconBan,
  IconDots,
  IconHistory,
  IconHelp,
  IconPrinter,
} from "@tabler/icons-react";
import { Link } from "react-router";
import { useAsk } from "../corrections/asked.ts";
import { surestOf } from "../corrections/wanted.ts";
import { useKeys } from "../shell/useKeys.ts";
import { words } from "../words/words.ts";
import type { Profile } from "./customerQueries.ts";
import { useCustomerView } from "./customerView.ts";

const text = words.corrections.menu;
const iconPixels = 16;

/** Who is who, by hand: merge first of all; M merges, X splits. */
export function CustomerActions({ profile }: { profile: Profile }) {
  const ask = useAsk();
  const { change } = useCustomerView();
  const merge = (): void => ask({ step: "find", to: "merge", profile });
  const split = (): void => ask({ step: "split", profile });
  const whyNot = (): void =>
    ask({
      step: "find",
      to: "why",
      profile,
      onFound: (b) => change({ a: surestOf(profile.identifiers ?? []), b }),
    });
  useKeys({ m: merge, x: split });
  return (
    <div className="panelActions" data-no-print>
      <Button h="var(--c360-target)" leftSection={<IconArrowMerge size={iconPixels} />} onClick={merge}>
        {text.merge}
      </Button>
      <Button
        variant="default"
        h="var(--c360-target)"
        leftSection={<IconArrowsSplit size={iconPixels} />}
        onClick={split}
      >
        {text.split}
      </Button>
      <Menu position="bottom-end" width={240} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="default" size="var(--c360-target)" aria-label={text.more}>
            <IconDots size={iconPixels} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconBan size={iconPixels} />}
            onClick={() => ask({ step: "find", to: "apart", profile })}
          >
            {text.apart}
          </Menu.Item>
          <Menu.Item leftSection={<IconHelp size={iconPixels} />} onClick={whyNot}>
            {text.whyNot}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconHistory size={iconPixels} />}
            component={Link}
            to={`/corrections?profile=${profile.id}`}
          >
            {text.list}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconPrinter size={iconPixels} />} onClick={() => globalThis.print()}>
            {words.customer.print}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
