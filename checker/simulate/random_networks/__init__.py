"""Networks at initialisation, thousands at a time: squared norms and squared gradient norms of one drawn network each."""
