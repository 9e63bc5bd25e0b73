"""Why a scenario fails with a client: (scenario, client) -> a sentence. Each is played all the same: one that
passes one day changes its column, and fails the test until docs/clients.md says so."""
LLDBS = ("lldb 16", "lldb 19", "lldb 22", "lldb-dap 22")

LIMITS = {("module_unload_last", client): "Open: `image list` still shows the last module. Likely lldb's own"
                                           " (an empty list of libraries removes nothing), but the packets"
                                           " of this run were not looked at yet."
           for client in LLDBS}
