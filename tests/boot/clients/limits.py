"""Why a scenario fails with a client: (scenario, client) -> a sentence. Each is played all the same: one that
passes one day changes its column, and fails the test until docs/clients.md says so."""
LLDBS = ("lldb 14", "lldb 16", "lldb 19", "lldb 22", "lldb-dap 19", "lldb-dap 22")

LIMITS = {("module_unload_last", client): "lldb's own: at the stop it reads the list of libraries, gets an empty"
                                          " one, and forgets only what is missing in a list that has an entry"
                                          " (test_modules_clients.py looks at the packets). The next module"
                                          " that is loaded takes the old one away."
          for client in LLDBS}
