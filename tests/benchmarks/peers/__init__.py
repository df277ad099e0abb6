"""Three questions that every library of data frames answers, asked of this project and of them."""
