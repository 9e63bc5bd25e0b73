pytest_plugins = ["trapline_pytest"]
