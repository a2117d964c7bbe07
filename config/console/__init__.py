"""The frame around every console page: navigation, template tags, what each template may use."""
