import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconApi, IconDeviceDesktop, IconKeyboard, IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { signOut } from "../session/session.ts";
import { words } from "../words/words.ts";
import type { Shortcuts } from "./useShortcuts.ts";

const schemes = [
  { value: "auto", icon: IconDeviceDesktop },
  { value: "light", icon: IconSun },
  { value: "dark", icon: IconMoon },
] as const;

function schemeOf(value: string): (typeof schemes)[number]["value"] {
  return schemes.find((each) => each.value === value)?.value ?? "auto";
}

/** Colours, shortcuts, the API's reference and signing out. `children` is its button. */
export function AccountMenu({
  shortcuts,
  onHelp,
  children,
}: {
  shortcuts: Shortcuts;
  onHelp: () => void;
  children: ReactNode;
}) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={240} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label c="dimmed">{words.shell.schemeLabel}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(schemeOf(value))}>
          {schemes.map(({ value, icon: Icon }) => (
            <Menu.RadioItem key={value} value={value} rightSection={<Icon size={16} />}>
              {words.shell.scheme[value]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp}>
          {words.shell.shortcuts}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={() => shortcuts.setOn(!shortcuts.isOn)}>
          {shortcuts.isOn ? words.shell.shortcutsOff : words.shell.shortcutsOn}
        </Menu.Item>
        <Menu.Item leftSection={<IconApi size={16} />} component="a" href="/api/docs" target="_blank" rel="noreferrer">
          {words.shell.apiDocs}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          {words.shell.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
