"""`python -m mobile_client_stub`: the handheld on a command line."""

from mobile_client_stub.cli.app import main

if __name__ == "__main__":
    main()
