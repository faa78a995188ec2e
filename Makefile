# Aliases: everything here also works as `python3 kit.py <target>`.
.PHONY: help report test check lab notebooks lock clean
help report test check lab notebooks lock clean:
	@python3 kit.py $@
