"""The city's services and menus, each as it stands at the moment."""
