"""What the pages share and only Streamlit can do: menu, controls bound to the link, panels."""
