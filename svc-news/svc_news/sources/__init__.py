"""The publishers outside whose news is collected: who they are, how often they are asked, how they do."""
