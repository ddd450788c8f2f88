"""What services and providers say of themselves for home and menus."""
