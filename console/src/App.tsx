import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type DataRouter, RouterProvider } from "react-router";
import { colourSchemes, theme, variables } from "./theme/theme.ts";
import { usePrinting } from "./theme/usePrinting.ts";

/** The console in the reader's colours; on paper always the light ones, since browsers leave backgrounds out. */
export function App({ queries, router }: { queries: QueryClient; router: DataRouter }) {
  const isPrinting = usePrinting();
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      colorSchemeManager={colourSchemes}
      defaultColorScheme="auto"
      {...(isPrinting ? { forceColorScheme: "light" as const } : {})}
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
