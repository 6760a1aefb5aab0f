"""
Tells the outside what happens: webhooks, push messages, chat services, e-mail, the directory.
"""
