"""The small Alipay: a stand-in for the gateway, the buyer's phone and the notification sender.

It speaks the wire of the in-store "Merchant QR Code Payment" product and imports nothing of the
portal, so that one misreading of the protocol cannot pass on both sides.
"""
