import { ActionIcon, Drawer } from "@mantine/core";
import { IconMenu2, IconSearch, IconUserCircle } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { Link, Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from "react-router";
import { useSession } from "../session/session.ts";
import { words } from "../words/words.ts";
import { AccountMenu } from "./AccountMenu.tsx";
import { openPalette, Palette } from "./Palette.tsx";
import { railPages } from "./pages.ts";
import { ShortcutHelp } from "./ShortcutHelp.tsx";
import { useShortcuts } from "./useShortcuts.ts";
import "./shell.css";

/** The rail and the header around every page. Without a session it leads to sign-in, and back here after it. */
export function Shell() {
  const session = useSession();
  const { pathname, search, hash } = useLocation();
  if (session.token !== null) return <Frame />;
  const here = `${pathname}${search}${hash}`;
  return <Navigate to={here === "/" ? "/sign-in" : `/sign-in?back=${encodeURIComponent(here)}`} replace />;
}

function Frame() {
  const [isHelpOpen, setHelpOpen] = useState(false);
  const shortcuts = useShortcuts({ onHelp: () => setHelpOpen(true) });
  const main = useFocusOnArrival();
  return (
    <>
      <a className="skip" href="#main" onClick={() => main.current?.focus()}>
        {words.shell.skip}
      </a>
      <Header shortcuts={shortcuts} onHelp={() => setHelpOpen(true)} />
      <div className="frame">
        <nav className="rail" aria-label={words.shell.mainMenu} data-no-print>
          <RailLinks />
        </nav>
        <main className="main" id="main" tabIndex={-1} ref={main}>
          <Outlet />
        </main>
      </div>
      <Palette onHelp={() => setHelpOpen(true)} />
      <ShortcutHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} shortcuts={shortcuts} />
      <ScrollRestoration />
    </>
  );
}

/** A screen reader is told of a new page by the focus going to it; the first page leaves the focus alone. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const section = pathname.split("/")[1];
  const last = useRef(section);
  useEffect(() => {
    if (last.current !== section) main.current?.focus({ preventScroll: true });
    last.current = section;
  }, [section]);
  return main;
}

function Header({ shortcuts, onHelp }: { shortcuts: ReturnType<typeof useShortcuts>; onHelp: () => void }) {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const target = "var(--c360-target)";
  return (
    <header className="header" data-no-print>
      <div style={{ display: "flex", alignItems: "center", gap: 4, minInlineSize: 0 }}>
        <ActionIcon
          className="menuButton"
          variant="subtle"
          color="gray"
          size={target}
          onClick={() => setMenuOpen(true)}
          aria-label={words.shell.openMenu}
        >
          <IconMenu2 size={20} />
        </ActionIcon>
        <Link to="/" className="brand">
          {words.product}
        </Link>
      </div>
      <div className="searchWide">
        <button type="button" className="searchButton" onClick={openPalette}>
          <IconSearch size={16} aria-hidden />
          <span>{words.shell.search}</span>
          <kbd className="meta" aria-hidden>
            ⌘K
          </kbd>
        </button>
      </div>
      <div className="headerEnd">
        <ActionIcon
          className="searchIcon"
          variant="subtle"
          color="gray"
          size={target}
          onClick={openPalette}
          aria-label={words.shell.searchLabel}
        >
          <IconSearch size={20} />
        </ActionIcon>
        <AccountMenu shortcuts={shortcuts} onHelp={onHelp}>
          <ActionIcon variant="subtle" color="gray" size={target} aria-label={words.shell.account}>
            <IconUserCircle size={20} />
          </ActionIcon>
        </AccountMenu>
      </div>
      <Drawer
        opened={isMenuOpen}
        onClose={() => setMenuOpen(false)}
        title={words.product}
        size={280}
        closeButtonProps={{ "aria-label": words.shell.closeMenu, size: target }}
      >
        <nav aria-label={words.shell.mainMenu}>
          <RailLinks onGo={() => setMenuOpen(false)} />
        </nav>
      </Drawer>
    </header>
  );
}

function RailLinks({ onGo }: { onGo?: () => void }) {
  return railPages.map(({ path, label, icon: Icon, Count }) => (
    <NavLink key={path} to={path} className="railLink" onClick={() => onGo?.()}>
      <Icon size={18} stroke={1.75} aria-hidden />
      {label}
      {Count !== undefined && <Count />}
    </NavLink>
  ));
}
